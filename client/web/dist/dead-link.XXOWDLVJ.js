import{b as e,e as o}from"./shared.763QOY2N.js";import"./shared.7UDRVBKC.js";import"./shared.Y4K6OYQR.js";var r=e();r&&location.search===""&&location.replace(o(r));
