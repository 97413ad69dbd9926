import{b as o}from"./shared.HD6Z6WIY.js";import"./shared.LNPTKSRQ.js";import"./shared.UATEZF3E.js";import"./shared.ZRFJZFQS.js";document.querySelector('form[data-form="again"]')&&o();
