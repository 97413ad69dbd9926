import{b as e,e as o}from"./shared.NS5S7XHL.js";import"./shared.IBZZ7KAF.js";import"./shared.Y4K6OYQR.js";var r=e();r&&location.search===""&&location.replace(o(r));
