import{b as o}from"./shared.JXP6ML2E.js";import"./shared.TFS5FXRD.js";import"./shared.UKOBX5TZ.js";import"./shared.ZRFJZFQS.js";document.querySelector('form[data-form="again"]')&&o();
