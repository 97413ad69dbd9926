import{b as e,e as o}from"./shared.IM7EXWJF.js";import"./shared.A23T735L.js";import"./shared.Y4K6OYQR.js";var r=e();r&&location.search===""&&location.replace(o(r));
