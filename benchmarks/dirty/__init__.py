"""How well declared rules find the wrong cells of public dirty tables whose clean form is known."""
