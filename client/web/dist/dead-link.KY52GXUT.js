import{b as e,e as o}from"./shared.2PTRMUFN.js";import"./shared.A2YXAP3J.js";import"./shared.Y4K6OYQR.js";var r=e();r&&location.search===""&&location.replace(o(r));
