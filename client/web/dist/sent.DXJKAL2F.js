import{b as o}from"./shared.NUIKLRA5.js";import"./shared.FHASABXS.js";import"./shared.IBZZ7KAF.js";import"./shared.Y4K6OYQR.js";document.querySelector('form[data-form="again"]')&&o();
