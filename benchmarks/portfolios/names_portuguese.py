"""Given names and surnames of Brazil, the frequent ones first. Tables only."""

from __future__ import annotations

from benchmarks.portfolios.text import words

MEN = words(
    "José João Antônio Francisco Carlos Paulo Pedro Lucas Luiz Marcos Luís Gabriel Rafael Daniel Marcelo Bruno "
    "Eduardo Felipe Rodrigo Manoel Mateus André Fernando Fábio Leonardo Gustavo Guilherme Leandro Tiago Anderson "
    "Ricardo Márcio Jorge Sebastião Alexandre Roberto Edson Diego Vítor Sérgio Cláudio Matheus Thiago Geraldo "
    "Adriano Luciano Júlio Renato Alex Vinícius Rogério Samuel Ronaldo Mário Flávio Igor Douglas Davi Jeferson "
    "Caio Henrique Wagner Nelson Danilo Valdir Otávio Murilo Raimundo Benedito Joaquim Washington Cristiano "
    "Maurício Silvio"
)
WOMEN = words(
    "Maria Ana Francisca Antônia Adriana Juliana Márcia Fernanda Patrícia Aline Sandra Camila Amanda Bruna Jéssica "
    "Letícia Júlia Luciana Vanessa Mariana Gabriela Vera Vitória Larissa Cláudia Beatriz Rita Luana Sônia Renata "
    "Eliane Josefa Simone Natália Cristiane Carla Débora Rosângela Jaqueline Rosa Daniela Aparecida Marlene "
    "Terezinha Raimunda Andréia Fabiana Lúcia Raquel Ângela Rafaela Joana Luzia Elaine Daniele Regina Alessandra "
    "Lívia Tatiane Viviane Helena Cristina Tereza Marta Célia Bianca Priscila Michele Sabrina Ivone Conceição "
    "Rosana Paula Isabela"
)
SECOND_MEN = words(
    "Carlos Henrique Antônio Roberto Eduardo Luiz Augusto Fernando César Paulo Ricardo Alberto Vinícius Gabriel "
    "Miguel Otávio Felipe Pedro Marcos Francisco"
)
SECOND_WOMEN = words(
    "Aparecida Cristina Lúcia Helena Regina de_Fátima Beatriz Carolina Luiza Eduarda Paula Clara da_Conceição "
    "Fernanda Cecília das_Graças Vitória Julia Alice do_Carmo"
)
SURNAMES = words(
    "da_Silva dos_Santos Oliveira de_Souza Rodrigues Ferreira Alves Pereira Lima Gomes Costa Ribeiro Martins "
    "Carvalho de_Almeida Lopes Soares Fernandes Vieira Barbosa Rocha Dias do_Nascimento de_Andrade Moreira Nunes "
    "Marques Machado Mendes Freitas Cardoso Ramos Gonçalves Santana Teixeira Araújo Melo Barros Cavalcanti Pinto "
    "Monteiro Moura Correia Batista Campos Castro Azevedo Duarte Reis Miranda Borges Nogueira Cunha Medeiros "
    "Moraes Guimarães Tavares Coelho Xavier Farias Pires Bezerra Fonseca Magalhães Brito Leite Siqueira Sales "
    "Macedo Matos Aguiar Assis Bastos Neves Antunes Amaral Brandão Queiroz Lacerda Viana Pacheco Peixoto Rezende "
    "Sampaio Toledo Vasconcelos Amorim Figueiredo Chaves Dantas Braga Franco Maia Mota Paiva Torres Prado Simões "
    "Valente Bueno Camargo Pinheiro Godoy Furtado Carneiro Domingues Evangelista Fontes Garcia Holanda Jesus Leal "
    "Lemos Lobo Luz Maciel Menezes Morais Muniz Nascimento Neto_Lima Novaes Paes Parente Passos Porto Rangel Rosa "
    "Sá Sanches Serra Silveira Sobral Trindade Valadares Veloso Ventura Vidal Vilela Abreu Alencar Barreto "
    "Bittencourt Calixto Cabral Caldas Cordeiro Couto Damasceno Diniz Esteves Falcão Feitosa Galvão Gouveia Jardim "
    "Junqueira Linhares Loureiro Maranhão Mesquita Montenegro Moutinho Negreiros Novais Pessoa Pimentel Quintana "
    "Rabelo Salgado Saraiva Schneider Seixas Taveira Uchoa"
)
NICKNAMES = {
    "José": ("Zé",), "João": ("Joãozinho",), "Francisco": ("Chico",), "Antônio": ("Toninho",), "Luiz": ("Lula",),
    "Eduardo": ("Edu", "Dudu"), "Guilherme": ("Gui",), "Gustavo": ("Guga",), "Rafael": ("Rafa",),
    "Carlos": ("Carlinhos",),
    "Ricardo": ("Rick",), "Leonardo": ("Leo",), "Alexandre": ("Alê",), "Felipe": ("Fê",), "Fernando": ("Nando",),
    "Roberto": ("Beto",), "Fernanda": ("Fê",), "Patrícia": ("Paty",), "Gabriela": ("Gabi",), "Juliana": ("Ju",),
    "Beatriz": ("Bia",), "Mariana": ("Mari",), "Isabela": ("Isa",), "Daniela": ("Dani",), "Francisca": ("Chica",),
    "Letícia": ("Lê",), "Camila": ("Cami",), "Terezinha": ("Tê",), "Rosângela": ("Rô",), "Aparecida": ("Cida",),
}  # fmt: skip
ABBREVIATIONS = {
    "Maria": "Ma.", "Francisco": "Fco.", "Antônio": "Ant.", "Rodrigues": "Rodr.", "Fernandes": "Fern.",
    "Gonçalves": "Gonç.", "Ferreira": "Ferr.", "Aparecida": "Apda.",
}  # fmt: skip
SUFFIXES = ("Filho", "Júnior", "Neto")
