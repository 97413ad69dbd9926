import{b as o}from"./shared.HD3BME4I.js";import"./shared.UQ5KXUXC.js";import"./shared.NL4Q7L2L.js";import"./shared.ZRFJZFQS.js";document.querySelector('form[data-form="again"]')&&o();
