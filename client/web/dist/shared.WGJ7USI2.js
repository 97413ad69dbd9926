import{b as e}from"./shared.B3NVINS2.js";var t=e({baseUrl:location.origin,session:"cookie",locale:document.documentElement.lang});export{t as a};
