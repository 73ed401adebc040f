"""`python -m tests.chaos.storm`."""

from tests.chaos.storm.weather import main

if __name__ == "__main__":
    main()
