import{f as e}from"./shared.C3F26RMI.js";var t=e({baseUrl:location.origin,session:"cookie",locale:document.documentElement.lang});export{t as a};
