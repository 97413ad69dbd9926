import{b as o}from"./shared.NWXZYV2G.js";import"./shared.BMRWWZBL.js";import"./shared.A2YXAP3J.js";import"./shared.Y4K6OYQR.js";document.querySelector('form[data-form="again"]')&&o();
