import{b as o}from"./shared.XD33WJ4W.js";import"./shared.ZBV657LN.js";import"./shared.A7VO3LTD.js";import"./shared.ZRFJZFQS.js";document.querySelector('form[data-form="again"]')&&o();
