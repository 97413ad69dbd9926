import{b as o}from"./shared.OTNIZOBB.js";import"./shared.KGWNBQF5.js";import"./shared.NV4XWZWO.js";import"./shared.ZRFJZFQS.js";document.querySelector('form[data-form="again"]')&&o();
