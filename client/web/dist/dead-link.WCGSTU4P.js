import{b as e,d as o}from"./shared.SZHX2FWJ.js";import"./shared.UKOBX5TZ.js";import"./shared.ZRFJZFQS.js";var r=e();r&&location.search===""&&location.replace(o(r));
