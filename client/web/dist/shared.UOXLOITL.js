import{f as e}from"./shared.7UDRVBKC.js";var t=e({baseUrl:location.origin,session:"cookie",locale:document.documentElement.lang});export{t as a};
