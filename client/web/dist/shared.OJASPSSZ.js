import{b as e}from"./shared.LMFZVY6X.js";var t=e({baseUrl:location.origin,session:"cookie",locale:document.documentElement.lang});export{t as a};
