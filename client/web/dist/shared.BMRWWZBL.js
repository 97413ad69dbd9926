import{f as e}from"./shared.A2YXAP3J.js";var t=e({baseUrl:location.origin,session:"cookie",locale:document.documentElement.lang});export{t as a};
