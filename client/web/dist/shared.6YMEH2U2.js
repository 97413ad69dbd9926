import{f as e}from"./shared.BE7CE3JS.js";var t=e({baseUrl:location.origin,session:"cookie",locale:document.documentElement.lang});export{t as a};
