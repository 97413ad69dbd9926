import{b as e}from"./shared.A7VO3LTD.js";var t=e({baseUrl:location.origin,session:"cookie",locale:document.documentElement.lang});export{t as a};
