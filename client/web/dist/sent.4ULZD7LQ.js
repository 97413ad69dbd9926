import{b as o}from"./shared.V62QVNDP.js";import"./shared.6YMEH2U2.js";import"./shared.BE7CE3JS.js";import"./shared.Y4K6OYQR.js";document.querySelector('form[data-form="again"]')&&o();
