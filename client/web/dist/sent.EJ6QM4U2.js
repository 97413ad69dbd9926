import{b as o}from"./shared.DNK5JQUK.js";import"./shared.LS2VPFUR.js";import"./shared.JSIQ232H.js";import"./shared.ZRFJZFQS.js";document.querySelector('form[data-form="again"]')&&o();
