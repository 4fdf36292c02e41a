"""The deployed system on this machine: emulated AWS, `sam build`, `sam deploy`, Mercado Pago's simulator and its page.

places       where everything lives: .caja, .venv, the sources
processes    starts, recognises and stops what runs in the background
emulator     emulated AWS
simulator    Mercado Pago's side, with the page and the machines in front of it
deployment   `sam build` and `sam deploy` of template.yaml
credentials  a principal that may call the operator's routes
logs         what the functions and the processes wrote
stack        puts all of it up and takes it down
"""
