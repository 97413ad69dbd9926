import{b as o}from"./shared.4O7UIZQV.js";import"./shared.R6RYRZHF.js";import"./shared.NQDWZHQL.js";import"./shared.Y4K6OYQR.js";document.querySelector('form[data-form="again"]')&&o();
