import{f as e}from"./shared.F4FRUWWV.js";var t=e({baseUrl:location.origin,session:"cookie",locale:document.documentElement.lang});export{t as a};
