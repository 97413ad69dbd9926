import{b as e,d as o}from"./shared.NM5LWRQ5.js";import"./shared.C3F26RMI.js";import"./shared.Y4K6OYQR.js";var r=e();r&&location.search===""&&location.replace(o(r));
