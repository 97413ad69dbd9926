import{b as e,e as o}from"./shared.5A3QK42Q.js";import"./shared.F4FRUWWV.js";import"./shared.Y4K6OYQR.js";var r=e();r&&location.search===""&&location.replace(o(r));
