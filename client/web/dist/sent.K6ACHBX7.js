import{b as o}from"./shared.XIJ53IJC.js";import"./shared.WGJ7USI2.js";import"./shared.B3NVINS2.js";import"./shared.ZRFJZFQS.js";document.querySelector('form[data-form="again"]')&&o();
