import{b as o}from"./shared.RYDG536H.js";import"./shared.AMP7VGJO.js";import"./shared.LJKC4ZFW.js";import"./shared.Y4K6OYQR.js";document.querySelector('form[data-form="again"]')&&o();
