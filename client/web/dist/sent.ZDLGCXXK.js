import{b as o}from"./shared.R7CHP6EA.js";import"./shared.PEP2YPLW.js";import"./shared.E7GQS7QS.js";import"./shared.Y4K6OYQR.js";document.querySelector('form[data-form="again"]')&&o();
