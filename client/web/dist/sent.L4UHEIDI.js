import{b as o}from"./shared.YA5UHN7U.js";import"./shared.KQBYUQTK.js";import"./shared.ZRFJZFQS.js";document.querySelector('form[data-form="again"]')&&o();
