import{b as o}from"./shared.TXLHA2QW.js";import"./shared.OJASPSSZ.js";import"./shared.LMFZVY6X.js";import"./shared.ZRFJZFQS.js";document.querySelector('form[data-form="again"]')&&o();
