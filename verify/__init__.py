"""The acceptance run: Mercado Pago's homologation cases, played against any merchant's poll URL."""
