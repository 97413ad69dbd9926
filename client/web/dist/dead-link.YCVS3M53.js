import{b as e,e as o}from"./shared.NOYRLPMZ.js";import"./shared.BE7CE3JS.js";import"./shared.Y4K6OYQR.js";var r=e();r&&location.search===""&&location.replace(o(r));
