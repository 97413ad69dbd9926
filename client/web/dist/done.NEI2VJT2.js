import{a as e}from"./shared.C35A5KWB.js";import{d as r}from"./shared.ZRFJZFQS.js";var t=r("#redirect");t.hidden=!1;e(t,r("#target").href);
