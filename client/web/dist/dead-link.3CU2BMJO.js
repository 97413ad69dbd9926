import{b as e,d as o}from"./shared.7QWI3U5E.js";import"./shared.NQDWZHQL.js";import"./shared.Y4K6OYQR.js";var r=e();r&&location.search===""&&location.replace(o(r));
