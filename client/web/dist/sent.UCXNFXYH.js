import{b as o}from"./shared.TDL55WJW.js";import"./shared.4OAGXXNR.js";import"./shared.F4FRUWWV.js";import"./shared.Y4K6OYQR.js";document.querySelector('form[data-form="again"]')&&o();
