import{b as o}from"./shared.3N3KN3CA.js";import"./shared.GPRIO7UU.js";import"./shared.SVIRV6GF.js";import"./shared.ZRFJZFQS.js";document.querySelector('form[data-form="again"]')&&o();
