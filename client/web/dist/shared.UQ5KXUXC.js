import{f as e}from"./shared.NL4Q7L2L.js";var t=e({baseUrl:location.origin,session:"cookie",locale:document.documentElement.lang});export{t as a};
