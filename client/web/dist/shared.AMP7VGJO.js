import{f as e}from"./shared.LJKC4ZFW.js";var t=e({baseUrl:location.origin,session:"cookie",locale:document.documentElement.lang});export{t as a};
