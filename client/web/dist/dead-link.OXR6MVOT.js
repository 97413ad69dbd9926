import{b as e,d as o}from"./shared.J35XAQXH.js";import"./shared.A7VO3LTD.js";import"./shared.ZRFJZFQS.js";var r=e();r&&location.search===""&&location.replace(o(r));
