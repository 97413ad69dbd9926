import{a as e}from"./shared.4RXRSBHV.js";import{d as r}from"./shared.Y4K6OYQR.js";var t=r("#redirect");t.hidden=!1;e(t,r("#target").href);
