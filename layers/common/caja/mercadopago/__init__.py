"""Mercado Pago's API as this merchant calls it: `calls` carries, `answers` judges, the others name what is asked."""
