import{b as e}from"./shared.UATEZF3E.js";var t=e({baseUrl:location.origin,session:"cookie",locale:document.documentElement.lang});export{t as a};
