import{b as e,d as o}from"./shared.27CADIFH.js";import"./shared.NL4Q7L2L.js";import"./shared.ZRFJZFQS.js";var r=e();r&&location.search===""&&location.replace(o(r));
