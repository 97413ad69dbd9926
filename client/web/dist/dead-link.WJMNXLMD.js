import{b as e,e as o}from"./shared.W66P3RE5.js";import"./shared.LJKC4ZFW.js";import"./shared.Y4K6OYQR.js";var r=e();r&&location.search===""&&location.replace(o(r));
