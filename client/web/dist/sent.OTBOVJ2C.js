import{b as o}from"./shared.XORF56SU.js";import"./shared.WG2XEJV4.js";import"./shared.A23T735L.js";import"./shared.Y4K6OYQR.js";document.querySelector('form[data-form="again"]')&&o();
