import{b as e,d as o}from"./shared.AGFMQ2FC.js";import"./shared.NV4XWZWO.js";import"./shared.ZRFJZFQS.js";var r=e();r&&location.search===""&&location.replace(o(r));
