import{c as e}from"./shared.KQBYUQTK.js";function t(r){return history.replaceState(null,"",location.pathname),{userId:e(r,"userId").value,code:e(r,"code").value}}export{t as a};
