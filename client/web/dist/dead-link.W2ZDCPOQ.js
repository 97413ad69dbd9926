import{b as e,d as o}from"./shared.N5235ABX.js";import"./shared.E7GQS7QS.js";import"./shared.Y4K6OYQR.js";var r=e();r&&location.search===""&&location.replace(o(r));
