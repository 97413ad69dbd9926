import{b as e,e as o}from"./shared.BDC5OSYZ.js";import"./shared.NQDWZHQL.js";import"./shared.Y4K6OYQR.js";var r=e();r&&location.search===""&&location.replace(o(r));
