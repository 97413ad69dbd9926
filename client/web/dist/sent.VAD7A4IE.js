import{b as o}from"./shared.3MKAQZG3.js";import"./shared.SAF565DC.js";import"./shared.BIMRKH5Q.js";import"./shared.ZRFJZFQS.js";document.querySelector('form[data-form="again"]')&&o();
