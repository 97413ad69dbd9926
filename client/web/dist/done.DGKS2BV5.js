import{a as t}from"./shared.C35A5KWB.js";import{d as r}from"./shared.ZRFJZFQS.js";t(r("#redirect"),r("#target").href);
